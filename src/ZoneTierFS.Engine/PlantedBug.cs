namespace ZoneTierFS.Engine;

/// <summary>Mistakes that tests have the engine make, to prove that they would be found. No configuration leads here.</summary>
internal enum PlantedBug
{
    None,

    /// <summary>A commit does not flush the data that its records point at.</summary>
    UnflushedData,

    /// <summary>A zone is reset before the record that freed it is confirmed.</summary>
    EarlyReset,

    /// <summary>A rename takes the old name away in one batch of the journal and adds the new one in the next.</summary>
    SplitRename,

    /// <summary>Recovery believes a batch that shared its flush with its data without a look at the data.</summary>
    BlindReplay,
}
