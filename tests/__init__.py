"""The tests. A package, so that what libraries leave under the same name in an environment does not come before it."""
