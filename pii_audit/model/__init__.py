"""What everything is called: frozen values, errors, exit codes. Imports nothing of ours from outside itself."""
