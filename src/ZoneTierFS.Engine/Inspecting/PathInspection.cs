using System.Text;
using ZoneTierFS.Engine.Checking;
using ZoneTierFS.Engine.Namespace;

namespace ZoneTierFS.Engine.Inspecting;

/// <summary>Finds names in directories of a checkpoint.</summary>
internal static class PathInspection
{
    /// <summary>The inode that a name stands for; null where there is none.</summary>
    public static async Task<ulong?> FindAsync(TreeWalk walk, ulong directory, string name, CancellationToken ct)
    {
        ulong? found = null;
        var wanted = Encoding.UTF8.GetBytes(name);
        var first = NameKey.First(wanted);
        var start = ItemKeys.Of(directory, ItemKind.Entry, first);
        await walk.ScanAsync(start, start with { Low = first + NameKey.SlotsMax }, (key, value) =>
        {
            if (ItemChecks.TryEntry(key.Low, value, out var inode, out _, out var other) && other.SequenceEqual(wanted)) found = inode;
            return found is null;
        }, ct);
        return found;
    }
}
