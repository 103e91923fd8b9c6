"""The other way in for large files: content cut into chunks, chunks packed into xorbs, files described by shards."""
