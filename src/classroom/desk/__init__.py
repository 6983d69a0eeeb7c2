"""What belongs to the reader alone: progress, snapshots, JupyterLab, and checks of the machine."""
