namespace ZoneTierFS.Engine.Placement;

/// <summary>One row of the classifier's table: files whose final path matches and whose content is of one of the kinds have the class.</summary>
/// <param name="Path">A pattern as <see cref="PathPattern.FromRule"/> takes it.</param>
/// <param name="BesideEngineConfig">Applies only where a config.json in the same directory names an inference engine.</param>
internal sealed record ClassifierRule(ClassReason Reason, FileClass Class, string Path, ContentKind Contents, bool BesideEngineConfig = false)
{
    private readonly PathPattern? _pattern = Path == "**" ? null : PathPattern.FromRule(Path);

    /// <summary>Content outranks a temporary name: a file that begins with GGUF is a model whatever it is called meanwhile.</summary>
    public bool DecidedByContent => !Contents.HasFlag(ContentKind.Unknown);

    /// <param name="finalPath">The path without any temporary suffix.</param>
    /// <param name="content">Exactly one kind.</param>
    public bool Applies(ReadOnlySpan<byte> finalPath, ContentKind content, bool besideEngineConfig) =>
        (Contents & content) != 0 && (besideEngineConfig || !BesideEngineConfig) && (_pattern is null || _pattern.Matches(finalPath));
}
