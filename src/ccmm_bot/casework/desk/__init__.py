"""What waits for staff today: flags and their deadlines, lists, next steps, referrals, and being told of them."""
