"""Forms that staff fill in: the agency and case-manager questionnaire, adherence, supervision, audits (CCMM report §2, §5)."""
