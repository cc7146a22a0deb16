using ZoneTierFS.Linux;

namespace ZoneTierFS.Fuse;

/// <summary>The filesystem could not be mounted; the message says why and how to mend it.</summary>
public sealed class FuseMountException(string message, Errno error) : Exception(message)
{
    /// <summary>What the failing system call said; <see cref="Errno.EOPNOTSUPP"/> where kernel and server do not understand each other.</summary>
    public Errno Error { get; } = error;
}
