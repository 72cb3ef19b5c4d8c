"""The real library on toy models made of the project's own sentences: translated, chained, refused, and never on the network."""

from __future__ import annotations

import json
import logging
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ccmm_bot.translation.argos import ArgosTranslator, is_approximate
from ccmm_bot.translation.packages import install
from ccmm_bot.translation.result import State
from tests.translation.toy import EN, ES, FOLDER, FR, SENTENCES, build

TAGS = {ES: "es", EN: "en", FR: "fr"}


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize(
    ("source", "target", "model"), [(ES, EN, "es-en 1.0"), (EN, FR, "en-fr 1.0"), (ES, FR, "es-en 1.0 + en-fr 1.0")]
)
def test_it_translates_directly_and_through_english(
    models: Path, sentence: tuple[str, ...], source: int, target: int, model: str
) -> None:
    said = ArgosTranslator(models).translate(sentence[source], TAGS[source], TAGS[target])
    assert (said.state, said.text, said.model) == (State.OK, sentence[target], model)


def test_a_number_stands_where_it_stood(models: Path) -> None:
    said = ArgosTranslator(models).translate("Gracias por su ayuda. Por favor, llámeme a 604 555 0123", "es", "en")
    assert said.text == "Thank you for your help. Please call me at 604 555 0123"


def test_languages_without_a_model_say_so(models: Path, tmp_path: Path) -> None:
    translator = ArgosTranslator(models)
    for source, target in (("ti", "en"), ("fr", "es"), ("es", "ti"), ("es", "es")):
        assert translator.translate("x", source, target).state is State.NO_MODEL
        assert not translator.can(source, target)
    assert translator.can("es", "fr")
    assert ArgosTranslator(tmp_path / "nothing").translate("x", "es", "en").state is State.NO_MODEL


def test_dari_is_read_through_persian_and_said_to_be_approximate(tmp_path: Path) -> None:
    install(tmp_path, FOLDER / "toy_es_en.argosmodel")
    (tmp_path / "es_en").rename(tmp_path / "fa_en")
    metadata = tmp_path / "fa_en" / "metadata.json"
    metadata.write_text(json.dumps(json.loads(metadata.read_text()) | {"from_code": "fa"}))
    said = ArgosTranslator(tmp_path).translate("Gracias por su ayuda.", "prs", "en")
    assert (said.state, said.model) == (State.OK, "fa-en 1.0")
    assert is_approximate("prs")
    assert not is_approximate("fa")


def test_a_model_that_breaks_is_an_error_and_not_a_missing_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    install(tmp_path, FOLDER / "toy_es_en.argosmodel")
    (tmp_path / "es_en" / "model" / "model.bin").write_bytes(b"broken")
    said = ArgosTranslator(tmp_path).translate("Almaz vive en Surrey", "es", "en")
    assert said.state is State.ERROR
    assert said.text is None
    assert "Almaz" not in caplog.text


def test_a_replaced_model_is_loaded_anew(tmp_path: Path) -> None:
    translator = ArgosTranslator(tmp_path)
    install(tmp_path, FOLDER / "toy_es_en.argosmodel")
    assert translator.translate(SENTENCES[0][ES], "es", "en").state is State.OK
    shutil.rmtree(tmp_path / "es_en")
    assert translator.translate(SENTENCES[0][ES], "es", "en").state is State.NO_MODEL


def test_the_library_writes_no_text_into_a_log(models: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ArgosTranslator(models).translate(SENTENCES[0][ES], "es", "en")
    assert SENTENCES[0][ES] not in caplog.text
    assert SENTENCES[0][EN] not in caplog.text


def test_a_process_of_its_own_translates_without_network_home_or_heavy_libraries(models: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    program = (
        "import socket, sys\n"
        "def refuse(*_args, **_more): raise AssertionError('the network was asked for')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from pathlib import Path\n"
        "from ccmm_bot.translation.argos import ArgosTranslator\n"
        f"said = ArgosTranslator(Path({str(models)!r})).translate({SENTENCES[0][ES]!r}, 'es', 'fr')\n"
        "assert not {'torch', 'stanza', 'spacy', 'minisbd', 'onnxruntime'} & set(sys.modules)\n"
        "print(said.text)\n"
    )
    environment = {**os.environ, "HOME": str(home), "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == SENTENCES[0][FR], done.stderr
    assert list(home.iterdir()) == []
    assert socket.gethostname()


def test_the_toy_models_are_what_their_builder_makes(tmp_path: Path) -> None:
    made = tmp_path / "made.argosmodel"
    made.write_bytes(build("toy_es_en"))
    install(tmp_path / "models", made)
    said = ArgosTranslator(tmp_path / "models").translate(SENTENCES[1][ES], "es", "en")
    assert said.text == SENTENCES[1][EN]
