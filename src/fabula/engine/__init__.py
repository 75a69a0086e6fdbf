"""What runs under every slice: operations, bus, blobs, instances, jobs."""
