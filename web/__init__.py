"""What faces people and programs: chat page, REST endpoints, command line."""
