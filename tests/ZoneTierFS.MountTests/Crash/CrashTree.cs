using System.Collections.Immutable;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>A recorder's directory at one moment: names by path, and the items they lead to by number. Immutable, so that all moments can be kept.</summary>
internal sealed record CrashTree(ImmutableDictionary<string, long> Names, ImmutableDictionary<long, CrashItem> Items)
{
    public static CrashTree Empty { get; } = new(ImmutableDictionary.Create<string, long>(StringComparer.Ordinal), ImmutableDictionary<long, CrashItem>.Empty);

    public CrashItem? Find(string path) => Names.TryGetValue(path, out var number) ? Items[number] : null;

    public bool HasBelow(string directory) => Names.Keys.Any(path => path.StartsWith(directory + "/", StringComparison.Ordinal));

    /// <summary>The directory after a step that succeeded.</summary>
    /// <param name="number">For the item that the step makes, if it does; no other has it.</param>
    public CrashTree After(CrashStep step, long number) => step.Kind switch
    {
        CrashStepKind.Create => With(step.Path, number, new CrashItem([], null)),
        CrashStepKind.MakeDirectory => With(step.Path, number, new CrashItem(null, null)),
        CrashStepKind.Symlink => With(step.Path, number, new CrashItem(null, step.Other)),
        CrashStepKind.Link => this with { Names = Names.Add(step.Other, Names[step.Path]) },
        CrashStepKind.Unlink or CrashStepKind.RemoveDirectory => this with { Names = Names.Remove(step.Path) },
        CrashStepKind.Rename => this with { Names = Renamed(step.Path, step.Other) },
        CrashStepKind.Write or CrashStepKind.Map => Changed(step.Path, item => item with { Content = Written(item.Content!, step) }),
        CrashStepKind.Truncate => Changed(step.Path, item => item with { Content = Resized(item.Content!, step.Offset) }),
        CrashStepKind.Punch => Changed(step.Path, item => item with { Content = Punched(item.Content!, step) }),
        CrashStepKind.SetXattr => Changed(step.Path, item => item with { Xattrs = item.Xattrs.SetItem("user.note", step.Other) }),
        CrashStepKind.RemoveXattr => Changed(step.Path, item => item with { Xattrs = item.Xattrs.Remove("user.note") }),
        _ => this,
    };

    public CrashTree With(string path, long number, CrashItem item) => new(Names.SetItem(path, number), Items.SetItem(number, item));

    private CrashTree Changed(string path, Func<CrashItem, CrashItem> change)
    {
        var number = Names[path];
        return this with { Items = Items.SetItem(number, change(Items[number])) };
    }

    private ImmutableDictionary<string, long> Renamed(string from, string to)
    {
        var builder = Names.ToBuilder();
        foreach (var (path, number) in Names.Where(name => name.Key == from || name.Key.StartsWith(from + "/", StringComparison.Ordinal)))
        {
            builder.Remove(path);
            builder[to + path[from.Length..]] = number;
        }
        return builder.ToImmutable();
    }

    private static byte[] Written(byte[] content, CrashStep step)
    {
        var bytes = Resized(content, Math.Max(content.Length, step.Offset + step.Length));
        CrashContent.Of(step.Tag, step.Length).CopyTo(bytes, step.Offset);
        return bytes;
    }

    private static byte[] Punched(byte[] content, CrashStep step)
    {
        var bytes = Resized(content, content.Length);
        bytes.AsSpan(step.Offset, step.Length).Clear();
        return bytes;
    }

    private static byte[] Resized(byte[] content, int length)
    {
        var bytes = new byte[length];
        content.AsSpan(0, Math.Min(length, content.Length)).CopyTo(bytes);
        return bytes;
    }
}
