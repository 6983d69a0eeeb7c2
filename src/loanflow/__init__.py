"""The loan problem, in plain pandas and scikit-learn, and the classroom around it."""
