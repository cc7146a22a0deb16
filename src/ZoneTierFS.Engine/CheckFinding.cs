using ZoneTierFS.Engine.Checking;

namespace ZoneTierFS.Engine;

/// <summary>One thing that a check found wrong.</summary>
/// <param name="Text">What is wrong, without the file that it concerns.</param>
public sealed record CheckFinding(FindingKind Kind, string Text)
{
    /// <summary>From the volume's root, with its slash; null where there is no file or it has no path.</summary>
    public string? Path { get; init; }

    public ulong? Inode { get; init; }

    /// <summary>First byte of the file that is concerned; null for all of it.</summary>
    public long? From { get; init; }

    /// <summary>First byte behind those.</summary>
    public long? To { get; init; }

    /// <summary>Where the bytes lie, if they lie anywhere.</summary>
    public string? Tier { get; init; }

    public int? Zone { get; init; }

    /// <summary>Whether a repair has something to do about it.</summary>
    public bool Repairable => Repair is not null;

    internal IRepair? Repair { get; init; }

    public override string ToString()
    {
        var file = Inode is { } inode ? Path is { } path ? $"{path} (inode {inode})" : $"inode {inode}" : "volume";
        var range = From is { } from ? $", bytes {from} to {To}" : "";
        var place = Tier is { } tier ? Zone is { } zone ? $" on tier {tier}, zone {zone}" : $" on tier {tier}" : "";
        return $"{file}{range}{place}: {Text}";
    }
}
