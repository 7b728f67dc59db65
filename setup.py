"""What pyproject.toml cannot say: two habits of setuptools that are changed.

An editable install places `data-files` too: setuptools' `editable_wheel` asks the distribution for
`has_data`, which is called `has_data_files`. And a wheel carries requirements.txt, which a checkout
has beside the package, so that `check_packages` knows the tested versions there as well.
"""

from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py


class WithDataFiles(Distribution):
    """A distribution that answers by both names."""

    has_data = Distribution.has_data_files


class WithTestedVersions(build_py):
    """Copies the package's files, and requirements.txt beside its modules."""

    def run(self) -> None:
        """Copy them; an editable install leaves everything where it is."""
        super().run()
        if not self.editable_mode:
            self.copy_file("requirements.txt", str(Path(self.build_lib, "ppo_lesson")))


setup(distclass=WithDataFiles, cmdclass={"build_py": WithTestedVersions})
