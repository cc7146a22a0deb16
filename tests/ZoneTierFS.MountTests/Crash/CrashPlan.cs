using System.Globalization;

namespace ZoneTierFS.MountTests.Crash;

/// <summary>What a recorder does next, chosen by a seed from what there is: one to four steps that belong together.</summary>
/// <param name="tag">Gives a tag that no write has yet.</param>
/// <param name="hasRoom">
/// Whether maps may be written to: on a full volume the kernel drops pages that it cannot write, on any filesystem, and then nobody knows what the file holds.
/// </param>
internal sealed class CrashPlan(Random random, Func<ulong> tag, Func<bool> hasRoom)
{
    private const int FileBytesMax = 1 << 20;
    private const int NamesPerDirectory = 6;
    private static readonly string[] s_directories = ["a", "b", "c"];

    public IEnumerable<CrashStep> Next(CrashTree tree)
    {
        string[] files = [.. tree.Names.Keys.Where(path => tree.Find(path)!.IsFile).Order(StringComparer.Ordinal)];
        var path = NewPath(tree);
        if (path is null)
            return [new CrashStep(CrashStepKind.MakeDirectory, s_directories.First(name => tree.Find(name) is null))];
        if (files.Length == 0 || random.Next(4) == 0)
            return tree.Find(path) is null ? Made(path) : Replaced(tree, path);
        var file = files[random.Next(files.Length)];
        return random.Next(3) == 0 ? OnNames(tree, file, path) : OnContent(file, tree.Find(file)!.Content!.Length);
    }

    /// <summary>Null: nothing this time.</summary>
    public string? FileToRead(CrashTree tree)
    {
        string[] files = [.. tree.Names.Keys.Where(path => tree.Find(path)!.IsFile)];
        return files.Length > 0 && random.Next(4) == 0 ? files[random.Next(files.Length)] : null;
    }

    /// <summary>A name in a directory that there is, taken or not; null without directories, and now and then, so that more are made.</summary>
    private string? NewPath(CrashTree tree)
    {
        string[] directories = [.. s_directories.Where(name => tree.Find(name) is { IsDirectory: true })];
        if (directories.Length < s_directories.Length && random.Next(5) == 0 || directories.Length == 0)
            return null;
        return string.Create(CultureInfo.InvariantCulture, $"{directories[random.Next(directories.Length)]}/{random.Next(NamesPerDirectory)}");
    }

    private CrashStep Written(string path, int offset) => new(CrashStepKind.Write, path, Offset: offset, Length: Length(), Tag: tag());

    /// <summary>Mostly small, sometimes several requests long; block boundaries are met as often as other lengths.</summary>
    private int Length() => random.Next(8) switch
    {
        0 => 100_000 + random.Next(200_000),
        1 or 2 => 4096 * (1 + random.Next(16)),
        3 => 1 + random.Next(100),
        _ => 1 + random.Next(40_000),
    };

    private CrashStep Sync(string path) => new(CrashStepKind.SyncFile, path, Offset: random.Next(3));

    private static CrashStep SyncAbove(string path) =>
        new(CrashStepKind.SyncDirectory, path.Contains('/', StringComparison.Ordinal) ? path[..path.LastIndexOf('/')] : ".");

    private CrashStep[] Made(string path) => random.Next(6) == 0
        ? [new(CrashStepKind.Symlink, path, string.Create(CultureInfo.InvariantCulture, $"to-{tag():x}")), SyncAbove(path)]
        : [new(CrashStepKind.Create, path), Written(path, 0), Sync(path)];

    /// <summary>As careful programs replace a file.</summary>
    private CrashStep[] Replaced(CrashTree tree, string path)
    {
        var temporary = path + ".new";
        if (tree.Find(temporary) is not null)
            return [new(CrashStepKind.Unlink, temporary)];
        CrashStep[] steps = [new(CrashStepKind.Create, temporary), Written(temporary, 0), Sync(temporary), new(CrashStepKind.Rename, temporary, path)];
        return random.Next(2) == 0 ? steps : [.. steps, SyncAbove(path)];
    }

    private CrashStep[] OnContent(string path, int size)
    {
        var room = size < FileBytesMax / 2;
        CrashStep[] change = random.Next(8) switch
        {
            0 or 1 when room => [Written(path, size)],
            2 when room => [Written(path, size), Written(path, size)],
            3 => [new(CrashStepKind.Truncate, path, Offset: random.Next(Math.Min(size + 20_000, FileBytesMax)))],
            4 when size > 0 && hasRoom() => [Mapped(path, size)],
            5 when size > 1 => [Punched(path, size)],
            6 => [new(CrashStepKind.SharedAppend, "-", Length: CrashRecorder.SharedRecordBytes, Tag: tag()), new(CrashStepKind.SharedSync, "-")],
            _ => [Written(path, random.Next(size + 1))],
        };
        // A second append lies behind the first, whose length is known only here.
        if (change is [{ Kind: CrashStepKind.Write } first, { Kind: CrashStepKind.Write }])
            change = [first, Written(path, first.Offset + first.Length)];
        return random.Next(3) == 0 ? change : [.. change, Sync(path)];
    }

    private CrashStep Mapped(string path, int size)
    {
        var offset = random.Next(size);
        return new(CrashStepKind.Map, path, Offset: offset, Length: Math.Min(Length(), size - offset), Tag: tag());
    }

    private CrashStep Punched(string path, int size)
    {
        var offset = random.Next(size - 1);
        return new(CrashStepKind.Punch, path, Offset: offset, Length: 1 + random.Next(size - offset - 1));
    }

    private CrashStep[] OnNames(CrashTree tree, string file, string path)
    {
        CrashStep[] change = random.Next(8) switch
        {
            0 or 1 => [new(CrashStepKind.Unlink, file)],
            2 when tree.Find(path) is null => [new(CrashStepKind.Link, file, path)],
            3 or 4 when path != file && tree.Names.GetValueOrDefault(path) != tree.Names[file] => [new(CrashStepKind.Rename, file, path)],
            5 => [new(CrashStepKind.SetXattr, file, string.Create(CultureInfo.InvariantCulture, $"{tag():x}"))],
            6 when tree.Find(file)!.Xattrs.Count > 0 => [new(CrashStepKind.RemoveXattr, file)],
            7 => DirectoryMoved(tree),
            _ => [new(CrashStepKind.SyncFile, file)],
        };
        return random.Next(2) == 0 || change is [] ? change : [.. change, SyncAbove(change[0].Path)];
    }

    /// <summary>Renames a directory with all that is in it, or removes an empty one.</summary>
    private CrashStep[] DirectoryMoved(CrashTree tree)
    {
        var from = s_directories[random.Next(s_directories.Length)];
        var to = s_directories[random.Next(s_directories.Length)];
        if (tree.Find(from) is null || from == to)
            return [];
        if (!tree.HasBelow(from))
            return [new(CrashStepKind.RemoveDirectory, from)];
        return tree.Find(to) is null ? [new(CrashStepKind.Rename, from, to)] : [];
    }
}
