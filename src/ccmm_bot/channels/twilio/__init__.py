"""SMS and WhatsApp through Twilio: webhooks in, REST out."""
