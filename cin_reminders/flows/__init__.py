"""What Prefect runs; one file a flow. Nothing else in the package knows Prefect."""
