"""From the bytes of a file to a tree of nodes that know their line, or to findings: never an exception."""

from __future__ import annotations

from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import MappingEndEvent, MappingStartEvent, SequenceEndEvent, SequenceStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from ccmm_bot.dialogue import rules
from ccmm_bot.dialogue.findings import Finding, finding
from ccmm_bot.dialogue.model import Mark

MAX_BYTES: Final = 512 * 1024
MAX_DEPTH: Final = 32

_PLAIN_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value")
)


def decode(raw: bytes, file: str) -> str | Finding:
    """The text of a file, or why it is none."""
    if len(raw) > MAX_BYTES:
        return finding(rules.TOO_BIG, Mark(file, 1, 1), f"the file has {len(raw):,} bytes; at most {MAX_BYTES:,} are read")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        line = before.count(b"\n") + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        return finding(rules.NOT_UTF8, Mark(file, line, column), f"byte 0x{raw[error.start]:02x} is not UTF-8")


def compose(source: str, file: str) -> tuple[Node | None, tuple[Finding, ...]]:
    """The root node of ``source`` (YAML 1.2), and what is wrong with its YAML. A root comes with no findings."""
    if len(source) > MAX_BYTES:
        return None, (finding(rules.TOO_BIG, Mark(file, 1, 1), f"the file has {len(source):,} characters"),)
    for number, line in enumerate(source.splitlines(), start=1):
        if line.startswith("%"):
            return None, (finding(rules.NOT_PLAIN_YAML, Mark(file, number, 1), "a line begins with % (a YAML directive)"),)
        if line.strip() and not line.lstrip().startswith("#"):
            break
    try:
        root = YAML(typ="safe", pure=True).compose(source)
    except RecursionError:
        return None, (_too_deep(source, file),)
    except MarkedYAMLError as error:
        return None, (_syntax(error, file),)
    except ReaderError as error:
        before = source[: error.position]
        mark = Mark(file, before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
        return None, (finding(rules.NOT_YAML, mark, "a character that YAML does not allow stands here", "Remove it."),)
    except Exception as error:
        # The library has exceptions of every kind for malformed input; the author is owed a finding whatever it stumbles over.
        return None, (finding(rules.NOT_YAML, Mark(file, 1, 1), f"the file is not YAML ({type(error).__name__})"),)
    if root is None:
        return None, (finding(rules.NOT_ONE_DOCUMENT, Mark(file, 1, 1), "the file is empty"),)
    found = _Plain(file).look(root)
    return (None, found) if found else (root, ())


def _syntax(error: MarkedYAMLError, file: str) -> Finding:
    place = error.problem_mark or error.context_mark
    mark = Mark(file, place.line + 1, place.column + 1) if place is not None else Mark(file, 1, 1)
    problem = str(error.problem or error.context or "the file is not YAML")
    if "but found another document" in problem or "single document" in str(error.context):
        return finding(rules.NOT_ONE_DOCUMENT, mark, "a second document begins here")
    if "alias" in problem or "anchor" in problem:
        return finding(rules.NOT_PLAIN_YAML, mark, problem)
    if "\\t" in problem:
        return finding(rules.NOT_YAML, mark, "a tab stands where the line is indented", "Indent with spaces.")
    while_doing = f" ({error.context})" if error.context else ""
    return finding(rules.NOT_YAML, mark, f"{problem}{while_doing}".replace("\n", " "))


def _too_deep(source: str, file: str) -> Finding:
    """Where the nesting first passes the limit. Reading events, unlike composing nodes, needs no recursion."""
    depth = 0
    try:
        for event in YAML(typ="safe", pure=True).parse(source):
            if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                depth += 1
                if depth > MAX_DEPTH:
                    mark = Mark(file, event.start_mark.line + 1, event.start_mark.column + 1)
                    return finding(rules.TOO_DEEP, mark, f"more than {MAX_DEPTH} levels are nested here")
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                depth -= 1
    except Exception:  # it is being refused already; only its place is missing
        return finding(rules.TOO_DEEP, Mark(file, 1, 1), f"more than {MAX_DEPTH} levels are nested")
    return finding(rules.TOO_DEEP, Mark(file, 1, 1), f"more than {MAX_DEPTH} levels are nested")


class _Plain:
    """Finds what YAML allows and the dialogue language does not: anchors, tags, keys that are not words, keys twice."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._found: list[Finding] = []
        self._seen: set[int] = set()
        self._too_deep = False

    def look(self, root: Node) -> tuple[Finding, ...]:
        self._walk(root, 1)
        return tuple(self._found)

    def _mark(self, node: Node) -> Mark:
        return Mark(self._file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _walk(self, node: Node, depth: int) -> None:
        if id(node) in self._seen:
            return  # an alias: its anchor has been reported
        self._seen.add(id(node))
        if node.anchor:
            self._found.append(finding(rules.NOT_PLAIN_YAML, self._mark(node), f'the anchor "&{node.anchor}" stands here'))
        if str(node.tag) not in _PLAIN_TAGS:
            self._found.append(finding(rules.NOT_PLAIN_YAML, self._mark(node), f'the tag "{node.tag}" stands here'))
        if depth > MAX_DEPTH:
            if not self._too_deep:
                self._found.append(finding(rules.TOO_DEEP, self._mark(node), f"more than {MAX_DEPTH} levels are nested here"))
            self._too_deep = True
            return
        if isinstance(node, SequenceNode):
            for child in node.value:
                self._walk(child, depth + 1)
        elif isinstance(node, MappingNode):
            self._keys(node)
            for key, value in node.value:
                self._walk(key, depth + 1)
                self._walk(value, depth + 1)

    def _keys(self, node: MappingNode) -> None:
        first: dict[str, Mark] = {}
        for key, _ in node.value:
            mark = self._mark(key)
            if not isinstance(key, ScalarNode):
                self._found.append(finding(rules.WRONG_KIND, mark, "a key is a list or a mapping", "Write a plain word."))
            elif key.value == "<<":
                self._found.append(finding(rules.NOT_PLAIN_YAML, mark, 'the merge key "<<" stands here'))
            elif key.value in first:
                self._found.append(
                    finding(rules.DUPLICATE_KEY, mark, f'the key "{key.value}" stands here and in line {first[key.value].line}')
                )
            else:
                first[key.value] = mark
