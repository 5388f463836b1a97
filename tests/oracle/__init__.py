"""The rules a second time, from the documents alone, to compare the services with."""
