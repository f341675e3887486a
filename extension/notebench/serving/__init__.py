"""The model server: one MLflow model behind MLflow's formats and the Open Inference Protocol."""
