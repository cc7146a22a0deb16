namespace ZoneTierFS.Engine.Placement;

/// <summary>A file's class and the rule that decided it.</summary>
/// <param name="Becomes">For a temporary name: the class that the file is expected to have under its final name, if that can be guessed.</param>
internal readonly record struct Classification(FileClass Class, ClassReason Reason, FileClass? Becomes = null);
