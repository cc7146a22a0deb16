namespace ZoneTierFS.Cli.Commands;

/// <summary>The words of mount's option -o, as far as they mean something here.</summary>
internal static class MountOptions
{
    private static readonly IReadOnlyDictionary<string, string> Assignments = new Dictionary<string, string>
    {
        ["ro"] = "mount.readOnly=true",
        ["rw"] = "mount.readOnly=false",
        ["degraded"] = "mount.degraded=true",
        ["noatime"] = "mount.atime=noatime",
        ["relatime"] = "mount.atime=relatime",
        ["allow_other"] = "mount.allowOther=true",
    };

    /// <param name="options">Each a list of words with commas between.</param>
    /// <returns>What the words set in the configuration.</returns>
    public static IReadOnlyList<string> Translate(IEnumerable<string> options)
    {
        const StringSplitOptions Trim = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;
        var words = options.SelectMany(option => option.Split(',', Trim)).Where(word => word != "defaults").ToList();
        var unknown = words.Where(word => !Assignments.ContainsKey(word)).ToList();
        if (unknown.Count == 0)
            return [.. words.Select(word => Assignments[word])];
        var mend = $"Known are {string.Join(", ", Assignments.Keys)} and defaults; all else is in the configuration.";
        throw new CommandException("unknown mount options", string.Join(", ", unknown), mend) { Code = ExitCode.Usage };
    }
}
