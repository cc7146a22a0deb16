namespace ZoneTierFS.Fuse;

/// <summary>How a filesystem is mounted and served.</summary>
public sealed record FuseOptions
{
    /// <summary>Threads that answer requests, 2 to 64: each waits while its request waits, so this bounds how many can be under way.</summary>
    public int WorkerCount { get; init; } = Math.Clamp(2 * Environment.ProcessorCount, 4, 16);

    /// <summary>
    /// How far the kernel reads ahead of a sequential reader, in KiB; 0 leaves the kernel's default. Needs root, and is let be where it cannot be set.
    /// </summary>
    public int ReadAheadKiB { get; init; } = 4096;

    /// <summary>
    /// How often a worker looks for the next request before it sleeps, each time for some tenths of a microsecond; 0: never. It does so only while quick
    /// requests follow each other.
    /// </summary>
    public int PollTries { get; init; } = 100;

    /// <summary>Lets other users than the one who mounts in; permissions are checked in any case.</summary>
    public bool AllowOther { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>
    /// The filesystem keeps POSIX access control lists as the attributes system.posix_acl_access and system.posix_acl_default, and applies
    /// <see cref="Linux.FileCaller.Umask"/> itself; the kernel then checks permissions by these lists, too.
    /// </summary>
    public bool AccessControlLists { get; init; }

    /// <summary>How long the kernel may believe attributes. Long, because all changes go through the kernel.</summary>
    public TimeSpan AttributeTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the kernel may believe that a name leads to an inode.</summary>
    public TimeSpan EntryTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long the kernel may believe that a name does not exist; zero means that it asks each time.</summary>
    public TimeSpan MissingTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>What the mount table shows as the source; letters, digits, and any of "-_./:".</summary>
    public string SourceName { get; init; } = "ztfs";

    /// <summary>What the mount table shows after "fuse." as the type.</summary>
    public string TypeName { get; init; } = "ztfs";

    /// <summary>
    /// Called when the filesystem, or this layer, threw: the request was answered with EIO, and the host should stop the mount. It runs on the worker and
    /// must not wait for the mount.
    /// </summary>
    public Action<Exception>? OnBug { get; init; }
}
