namespace ZoneTierFS.Engine.Placement;

/// <summary>What is known of a file when its class is asked for.</summary>
internal readonly ref struct ClassificationInput
{
    /// <summary>UTF-8, from the volume's root, without a leading slash.</summary>
    public required ReadOnlySpan<byte> Path { get; init; }

    /// <summary>The file's first bytes as far as they are known; 4 KiB are enough for every rule.</summary>
    public ReadOnlySpan<byte> Head { get; init; }

    /// <summary>False until something is written at offset 0; then <see cref="Head"/> means nothing.</summary>
    public bool HeadKnown { get; init; }

    /// <summary>A config.json in the same directory has an inference_engine entry.</summary>
    public bool DirectoryNamesInferenceEngine { get; init; }
}
