"""The tidy table of results: its columns and the names of the quantities."""

ABOUT_Y, ABOUT_X, ABOUT_X_GIVEN_Y = "I(T;Y)", "I(X;T)", "I(X;T|Y)"


COLUMNS = (
    "epoch layer quantity estimator compressor mutual_info std_error ci_low ci_high null_mean null_std pvalue ceiling "
    "saturated n_samples n_units status warnings message seconds"
).split()
