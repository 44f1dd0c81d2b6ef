"""What is allowed: the catalogue of an organisation's data, policies, and rules that are queries over both."""
