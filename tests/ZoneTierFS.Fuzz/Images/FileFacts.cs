namespace ZoneTierFS.Fuzz.Images;

/// <summary>What a sound volume says of one file.</summary>
/// <param name="Size">As its status has it, bytes.</param>
/// <param name="Hash">Of the bytes that <see cref="ImageReader"/> looks at.</param>
internal readonly record struct FileFacts(ulong Size, ulong Hash);
