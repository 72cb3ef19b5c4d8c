"""``python -m ccmm_bot`` is the command ``ccmm-bot``."""

from __future__ import annotations

from ccmm_bot.cli import main

if __name__ == "__main__":
    main()
