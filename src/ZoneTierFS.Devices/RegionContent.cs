namespace ZoneTierFS.Devices;

/// <summary>What a path holds, as far as a region image is concerned.</summary>
public enum RegionContent
{
    /// <summary>Nothing, or an empty file: a region image can be made here without a loss.</summary>
    Nothing,
    /// <summary>A region image that this version can open.</summary>
    Image,
    /// <summary>A region image of a later format version.</summary>
    NewerImage,
    /// <summary>A region image whose header is damaged in both copies.</summary>
    DamagedImage,
    /// <summary>A file with something else in it.</summary>
    OtherData,
    /// <summary>A directory, socket or other thing that cannot hold an image.</summary>
    NotAFile,
}
