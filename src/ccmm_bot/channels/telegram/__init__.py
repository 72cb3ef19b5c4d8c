"""Telegram bots: updates in, by polling or webhook; the Bot API out."""
