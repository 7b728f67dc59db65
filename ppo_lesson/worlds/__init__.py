"""Problems whose answers are known exactly: the judges of every sampled number in the lessons."""
