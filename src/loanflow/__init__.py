"""The loan problem, in plain pandas and scikit-learn."""
