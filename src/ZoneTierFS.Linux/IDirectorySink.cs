namespace ZoneTierFS.Linux;

/// <summary>Takes the entries of a directory listing, one by one, until it is full.</summary>
public interface IDirectorySink
{
    /// <summary>Adds one entry.</summary>
    /// <param name="name">File name, without a terminator; valid during the call only.</param>
    /// <param name="nextCookie">Where a later listing goes on after this entry.</param>
    /// <param name="status">The entry's attributes; only inode and mode are set where the entry is "." or "..".</param>
    /// <returns>False when the entry did not fit: it was not added, and no more may be.</returns>
    bool TryAdd(ReadOnlySpan<byte> name, ulong nextCookie, in FileStatus status);
}
