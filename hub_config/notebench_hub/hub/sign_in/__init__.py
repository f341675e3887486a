"""How people sign in: password rules, failed attempts, and the providers an installation may use."""
