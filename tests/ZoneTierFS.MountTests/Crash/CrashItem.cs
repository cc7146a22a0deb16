using System.Collections.Immutable;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>What names lead to: a file with content, a symbolic link with a target, or a directory with neither.</summary>
internal sealed record CrashItem(byte[]? Content, string? Target)
{
    private static readonly ImmutableSortedDictionary<string, string> s_none = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    public ImmutableSortedDictionary<string, string> Xattrs { get; init; } = s_none;

    public bool IsFile => Content is not null;

    public bool IsDirectory => Content is null && Target is null;

    /// <summary>All but content, which is compared in its own way.</summary>
    public bool IsAlike(CrashItem other) => IsFile == other.IsFile && Target == other.Target && Xattrs.SequenceEqual(other.Xattrs);
}
