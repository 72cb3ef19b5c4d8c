"""Adapters to the providers of SMS, WhatsApp and Telegram."""
