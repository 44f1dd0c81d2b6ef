"""What may leave the house: operators, plans, risk, and exports that are verified."""
