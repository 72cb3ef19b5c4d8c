"""What a form has become, beside the real dialogues: everything the check says about it."""

from __future__ import annotations

import shutil
from pathlib import Path

from ccmm_bot.cli.authoring import open_workbench
from ccmm_bot.dialogue.findings import Finding
from ccmm_bot.dialogue.verify import verify
from ccmm_bot.dialogue.xlsform.imports import Imported
from ccmm_bot.i18n.forms import take_over
from ccmm_bot.settings import Settings


def with_program(made: Imported, folder: Path) -> list[Finding]:
    """Nothing starts it yet, which is not said (D413)."""
    files, name = made.files(), f"{made.head.id}.yaml"
    dialogues, locales = folder / "dialogues", folder / "locales"
    shutil.copytree(Settings().dialogues_dir, dialogues)
    shutil.copytree(Settings().locales_dir, locales, ignore=shutil.ignore_patterns("staff.*"))
    (dialogues / name).write_text(files.dialogue, encoding="utf-8")
    (dialogues / "instruments" / name).write_text(files.instrument, encoding="utf-8")
    take_over(locales, files.entries, "form.xlsx")
    workbench = open_workbench(dialogues, locales)
    found = (*workbench.loaded.findings, *verify(workbench.scope(())))
    return [one for one in found if Path(one.mark.file).name == name and one.code != "D413"]
