# escape=`
FROM mcr.microsoft.com/windows/nanoserver AS win
RUN echo one `
  two
