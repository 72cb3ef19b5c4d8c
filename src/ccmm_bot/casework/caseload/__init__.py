"""The daily reality of a caseload: appointments, changed numbers, absences, people known twice, lists from elsewhere."""
