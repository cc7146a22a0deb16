namespace ZoneTierFS.MountTests.Crash;

/// <summary>A fault that a run of kills has to find: a harness that cannot fail proves nothing.</summary>
public enum CrashPlant
{
    None,

    /// <summary>Recorders call synced what they have not synced.</summary>
    Lie,

    /// <summary>After a kill the images are those of the round's beginning again.</summary>
    OldImages,
}
