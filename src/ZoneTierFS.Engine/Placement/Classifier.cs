namespace ZoneTierFS.Engine.Placement;

/// <summary>
/// Decides what a file is by the configuration's rules, its path and its first bytes. Knows no I/O, keeps no state, and allocates nothing per file.
/// </summary>
internal sealed class Classifier
{
    private readonly (PathPattern Pattern, FileClass Class)[] _configured;

    /// <param name="rules">They come before all built-in rules; the first that matches decides.</param>
    /// <exception cref="ArgumentException">A glob is too long.</exception>
    public Classifier(IReadOnlyList<ClassRule> rules) =>
        _configured = [.. rules.Select(rule => (PathPattern.FromGlob(rule.Glob), rule.Class))];

    /// <summary>The class under the file's present name. Ask again when it is renamed, closed after writing, or its first bytes become known.</summary>
    public Classification Classify(in ClassificationInput input)
    {
        foreach ((PathPattern pattern, FileClass configured) in _configured)
        {
            if (pattern.Matches(input.Path))
            {
                return new Classification(configured, ClassReason.ConfiguredGlob);
            }
        }
        bool scratch = ScratchName.TryStrip(input.Path, out ReadOnlySpan<byte> finalPath);
        ContentKind content = ContentSniffer.Sniff(input.Head, input.HeadKnown);
        foreach (ClassifierRule rule in ClassifierRules.All)
        {
            if (rule.Applies(finalPath, content, input.DirectoryNamesInferenceEngine))
            {
                return scratch && !rule.DecidedByContent
                    ? new Classification(FileClass.Scratch, ClassReason.ScratchName, rule.Class)
                    : new Classification(rule.Class, rule.Reason);
            }
        }
        return scratch ? new Classification(FileClass.Scratch, ClassReason.ScratchName) : new Classification(FileClass.Other, ClassReason.DefaultOther);
    }
}
