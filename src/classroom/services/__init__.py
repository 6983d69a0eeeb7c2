"""What a lesson starts and ends: servers, databases, stand-ins of clouds, engines, processes."""
