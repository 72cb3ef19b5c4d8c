"""What staff see and do, apart from any web page: read models, actions, sign-in, and the one access policy."""
