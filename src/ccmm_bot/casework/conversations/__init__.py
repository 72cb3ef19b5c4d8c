"""One conversation as staff see it: the thread, replies by a human, translations by machine, handing back to the bot."""
