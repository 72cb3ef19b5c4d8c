"""The web application: webhooks, staff pages, demonstration phones."""
