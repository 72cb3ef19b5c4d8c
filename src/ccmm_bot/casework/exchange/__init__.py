"""What other systems read and are told: records page by page, signed webhooks, the activity table."""
