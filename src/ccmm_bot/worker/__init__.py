"""What runs beside the web application: the sender and the timers."""
