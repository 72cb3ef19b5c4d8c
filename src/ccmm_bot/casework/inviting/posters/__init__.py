"""Posters for an agency's wall: words in one language, and squares that a phone's camera reads.

:mod:`.content` says what is on a poster, :mod:`.layout` where, :mod:`.pdf` and :mod:`.svg` draw it. Both shape the text with
HarfBuzz, so that Arabic letters join, Indic vowels stand where they belong and directions mix as Unicode has them (UAX #9).
"""
