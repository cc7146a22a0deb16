namespace ZoneTierFS.MountTests.Crash;

/// <summary>
/// Compares what is found after a kill with what a recorder noted. Names, attributes and links must be those of one moment, not before the last acknowledged
/// sync: the journal has one order. A file's bytes may be older than that moment, but not older than the last acknowledged sync of the file.
/// </summary>
internal sealed class CrashVerifier
{
    private const int PageSize = 4096;
    private const long FirstOwnNumber = 1L << 40;

    private readonly List<CrashTree> _moments;
    private readonly List<CrashStep> _steps = [];

    /// <summary>By item: the last moment of which a sync of it was acknowledged.</summary>
    private readonly Dictionary<long, int> _synced = [];

    private int _earliest;

    /// <param name="start">What was found when the recorder began. All of it was durable: mounting makes it so.</param>
    public CrashVerifier(CrashTree start, IEnumerable<CrashRecord> records)
    {
        _moments = [start];
        foreach (var record in records.Where(record => !record.IsRefused))
        {
            var now = _moments[^1];
            if (record.IsAcknowledged)
            {
                _earliest = _moments.Count - 1;
                Acknowledged++;
                if (record.Step.Kind == CrashStepKind.SyncFile)
                    _synced[now.Names[record.Step.Path]] = _earliest;
            }
            if (record.Step.IsSync || record.Step.IsShared) continue;
            _steps.Add(record.Step);
            _moments.Add(now.After(record.Step, FirstOwnNumber + _moments.Count));
        }
    }

    public int Acknowledged { get; private set; }

    /// <summary>Null where all is as promised, or else what is not.</summary>
    public string? Verify(CrashTree found)
    {
        var problem = "";
        for (var moment = _moments.Count - 1; moment >= _earliest; moment--)
        {
            if (Differs(found, _moments[moment]) is { } difference)
            {
                problem += $" not as after step {moment} of {_moments.Count - 1}: {difference};";
                continue;
            }
            return _moments[moment].Names.Select(name => DiffersInContent(name.Key, name.Value, moment, found.Find(name.Key)!))
                .FirstOrDefault(difference => difference is not null);
        }
        return problem;
    }

    /// <summary>Names, kinds, targets, attributes, and which names are links of one file.</summary>
    private static string? Differs(CrashTree found, CrashTree wanted)
    {
        if (wanted.Names.Keys.Except(found.Names.Keys).FirstOrDefault() is { } lost) return $"{lost} is missing";
        if (found.Names.Keys.Except(wanted.Names.Keys).FirstOrDefault() is { } extra) return $"{extra} is there";
        var partners = new Dictionary<long, long>();
        foreach (var (path, number) in wanted.Names)
        {
            if (!wanted.Items[number].IsAlike(found.Find(path)!)) return $"{path} has another kind, target or attribute";
            if (partners.TryGetValue(number, out var partner) && partner != found.Names[path]) return $"{path} is no longer a link of its file";
            partners[number] = found.Names[path];
        }
        return partners.Values.Distinct().Count() == partners.Count ? null : "two files became one";
    }

    private string? DiffersInContent(string path, long number, int moment, CrashItem found)
    {
        if (!found.IsFile) return null;
        var first = Math.Max(_synced.GetValueOrDefault(number), FirstMomentOf(number));
        byte[][] versions = [.. Enumerable.Range(first, moment - first + 1).Select(at => _moments[at].Items[number].Content!).Distinct()];
        var isOrdered = Enumerable.Range(first, moment - first).All(at => !TouchesOutOfOrder(at, number));
        var isKnown = isOrdered ? IsBeginning(found.Content!, versions) : IsOfThese(found.Content!, versions);
        if (isKnown) return null;
        var lengths = string.Join(", ", versions.Select(version => version.Length));
        return $"{path}: {found.Content!.Length} bytes that are none of {versions.Length} versions ({lengths} bytes) from step {first} to {moment}; "
            + $"they differ from the synced one at {found.Content.AsSpan().CommonPrefixLength(versions[0])}";
    }

    private static int FirstMomentOf(long number) => number < FirstOwnNumber ? 0 : (int)(number - FirstOwnNumber);

    /// <summary>
    /// A map's pages are written in any order; a truncation and a punched hole are names' like: they take effect at once, before bytes that still wait.
    /// </summary>
    private bool TouchesOutOfOrder(int step, long number) =>
        _steps[step].Kind is CrashStepKind.Map or CrashStepKind.Truncate or CrashStepKind.Punch && _moments[step].Names[_steps[step].Path] == number;

    /// <summary>One of the versions, or one on the way to the next: written up to a page.</summary>
    private static bool IsBeginning(byte[] found, byte[][] versions)
    {
        if (versions.Any(version => found.AsSpan().SequenceEqual(version))) return true;
        return versions.Zip(versions.Skip(1)).Any(pair => IsOfThese(found, [pair.First, pair.Second]));
    }

    /// <summary>Each byte is one that was written there, and the length is between those that were.</summary>
    private static bool IsOfThese(byte[] found, byte[][] versions)
    {
        if (found.Length < versions.Min(version => version.Length) || found.Length > versions.Max(version => version.Length)) return false;
        for (var page = 0; page < found.Length; page += PageSize)
        {
            var range = page..Math.Min(page + PageSize, found.Length);
            if (versions.Any(version => version.Length >= range.End.Value && found.AsSpan(range).SequenceEqual(version.AsSpan(range)))) continue;
            for (var at = range.Start.Value; at < range.End.Value; at++)
                if (!versions.Any(version => (at < version.Length ? version[at] : 0) == found[at])) return false;
        }
        return true;
    }
}
