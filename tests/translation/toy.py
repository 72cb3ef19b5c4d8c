"""Builds the toy models the tests translate with: real packages for the real library, made of a few of the project's own sentences.

A transformer of one layer, whose weights are drawn once and stay; only its last step, from the decoder's state to the next word, is
fitted, by least squares, so that it says these sentences and nothing else. That takes no training library and no time.

``python -m tests.translation.toy`` writes the packages anew.
"""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import sentencepiece
from ctranslate2.specs.transformer_spec import TransformerSpec

FOLDER = Path(__file__).parent / "models"
D, POSITIONS, PIECES = 96, 48, 150

#: Spanish, English and French of the same sentences of the service's.
SENTENCES = (
    ("Necesito un lugar seguro para vivir.", "I need a safe place to live.", "J'ai besoin d'un endroit sûr pour vivre."),
    ("Quiero hablar con una persona.", "I want to talk to a person.", "Je veux parler à une personne."),
    ("No tengo suficiente comida.", "I do not have enough food.", "Je n'ai pas assez à manger."),
    ("Por favor, llámeme a", "Please call me at", "Veuillez m'appeler au"),
    ("Gracias por su ayuda.", "Thank you for your help.", "Merci pour votre aide."),
)
ES, EN, FR = 0, 1, 2
PACKAGES = {"toy_es_en": ("es", "Spanish", ES, "en", "English", EN), "toy_en_fr": ("en", "English", EN, "fr", "French", FR)}


def build(name: str) -> bytes:
    """A package as ``.argosmodel``."""
    source, source_name, s, target, target_name, t = PACKAGES[name]
    pairs = [(sentence[s], sentence[t]) for sentence in SENTENCES]
    pieces = _pieces([text for pair in pairs for text in pair])
    tokenizer = sentencepiece.SentencePieceProcessor(model_proto=pieces)
    vocabulary = [tokenizer.id_to_piece(index) for index in range(tokenizer.get_piece_size())]
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        _network(tokenizer, pairs, vocabulary).save_to(model)
        metadata = {
            "package_version": "1.0",
            "argos_version": "1.9",
            "from_code": source,
            "from_name": source_name,
            "to_code": target,
            "to_name": target_name,
        }
        files = {"metadata.json": json.dumps(metadata).encode(), "sentencepiece.model": pieces}
        files |= {f"model/{path.name}": path.read_bytes() for path in sorted(model.iterdir())}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in files.items():
            archive.writestr(zipfile.ZipInfo(f"{name}/{path}"), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _pieces(texts: list[str]) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts * 20),
        model_writer=model,
        vocab_size=PIECES,
        model_type="unigram",
        normalization_rule_name="identity",
        hard_vocab_limit=False,
        minloglevel=2,
    )
    return model.getvalue()


class _Network:
    """The weights, and the same arithmetic as the library's, to find the decoder's states with."""

    def __init__(self, vocabulary: list[str]) -> None:
        random = np.random.default_rng(7)
        self.vocabulary = vocabulary
        self.read, self.write = (random.normal(0, D**-0.5, (len(vocabulary), D)).astype(np.float32) for _ in range(2))
        # More places than any of the sentences has: a search also follows what it drops in the end.
        self.places = np.tile(random.normal(0, 1, (POSITIONS, D)), (8, 1)).astype(np.float32)

        def square() -> Any:
            return random.normal(0, D**-0.5, (D, D)).astype(np.float32)

        names = ["eq", "ek", "ev", "eo", "ef", "eg", "dq", "dk", "dv", "do", "cq", "ck", "cv", "co", "df", "dg"]
        self.w = {name: square() for name in names}
        self.out = np.zeros((len(vocabulary), D), np.float32)
        self.bias = np.zeros(len(vocabulary), np.float32)

    def memory(self, source: list[int]) -> Any:
        x = self.read[source] * D**0.5 + self.places[: len(source)]
        x = x + _attend(_norm(x), _norm(x), self.w, "e")
        x = x + np.maximum(_norm(x) @ self.w["ef"].T, 0) @ self.w["eg"].T
        return _norm(x)

    def states(self, source: list[int], said: list[int]) -> Any:
        y = self.write[said] * D**0.5 + self.places[: len(said)]
        y = y + _attend(_norm(y), _norm(y), self.w, "d", causal=True)
        y = y + _attend(_norm(y), self.memory(source), self.w, "c")
        y = y + np.maximum(_norm(y) @ self.w["df"].T, 0) @ self.w["dg"].T
        return _norm(y)

    def save_to(self, folder: Path) -> None:
        spec = TransformerSpec.from_config(1, 1)
        ones, zeros = np.ones(D, np.float32), np.zeros(D, np.float32)

        def norm(of: Any) -> None:
            of.gamma, of.beta = ones, zeros

        def linear(of: Any, *names: str) -> None:
            weight = np.concatenate([self.w[name] for name in names])
            of.weight, of.bias = weight, np.zeros(len(weight), np.float32)

        encoder, decoder = spec.encoder, spec.decoder
        for side, embedding in ((encoder.embeddings[0], self.read), (decoder.embeddings, self.write)):
            side.weight = embedding
        for side, one, two in ((encoder, "ef", "eg"), (decoder, "df", "dg")):
            side.position_encodings.encodings = self.places
            norm(side.layer_norm)
            layer = side.layer[0]
            norm(layer.self_attention.layer_norm)
            norm(layer.ffn.layer_norm)
            linear(layer.ffn.linear_0, one)
            linear(layer.ffn.linear_1, two)
        for attention, letter in ((encoder.layer[0].self_attention, "e"), (decoder.layer[0].self_attention, "d")):
            linear(attention.linear[0], *(letter + part for part in "qkv"))
            linear(attention.linear[1], letter + "o")
        cross = decoder.layer[0].attention
        norm(cross.layer_norm)
        linear(cross.linear[0], "cq")
        linear(cross.linear[1], "ck", "cv")
        linear(cross.linear[2], "co")
        decoder.projection.weight, decoder.projection.bias = self.out, self.bias
        spec.register_source_vocabulary(self.vocabulary)
        spec.register_target_vocabulary(self.vocabulary)
        spec.validate()
        spec.optimize(quantization="int8")
        folder.mkdir()
        spec.save(str(folder))


def _network(tokenizer: sentencepiece.SentencePieceProcessor, pairs: list[tuple[str, str]], vocabulary: list[str]) -> _Network:
    network = _Network(vocabulary)
    states, wanted = [], []
    for source, target in pairs:
        said = tokenizer.encode(target)
        states.append(network.states(tokenizer.encode(source), [tokenizer.bos_id(), *said]))
        wanted += [*said, tokenizer.eos_id()]
    x = np.concatenate(states)
    x = np.hstack([x, np.ones((len(x), 1))])
    y = np.full((len(x), len(vocabulary)), -1.0)
    y[np.arange(len(y)), wanted] = 1.0
    fitted = np.linalg.solve(x.T @ x + 1e-3 * np.eye(D + 1), x.T @ y).T * 20
    network.out, network.bias = fitted[:, :D].astype(np.float32), fitted[:, D].astype(np.float32)
    return network


def _norm(x: Any) -> Any:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5)


def _attend(query: Any, memory: Any, w: dict[str, Any], letter: str, *, causal: bool = False) -> Any:
    q, k, v = query @ w[letter + "q"].T, memory @ w[letter + "k"].T, memory @ w[letter + "v"].T
    scores = q @ k.T / D**0.5
    if causal:
        scores = np.where(np.tril(np.ones_like(scores)) > 0, scores, -np.inf)
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    return (scores / scores.sum(-1, keepdims=True)) @ v @ w[letter + "o"].T


if __name__ == "__main__":
    assert ctranslate2.__version__
    FOLDER.mkdir(exist_ok=True)
    for name in PACKAGES:
        (FOLDER / f"{name}.argosmodel").write_bytes(build(name))
