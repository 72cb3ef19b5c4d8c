"""XLSForm (https://xlsform.org): surveys as spreadsheets, which ODK, Kobo, SurveyCTO and Ona read.

Export: an instrument, or a dialogue, becomes a form with a column for every language. Import: a published form becomes an
instrument, a dialogue and its translations; what a conversation cannot carry is listed with its place in the spreadsheet.
"""
