"""Records that must be kept, for how long, and how what need not be kept any longer is erased (AU-04, AU-05, DP-06)."""
